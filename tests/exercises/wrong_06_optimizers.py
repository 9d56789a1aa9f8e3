"""The wrong answers of chapter 06 once more, written differently: the same mistake must get the same message.

Keys are (exercise, name of the wrong answer).
"""

WRONG = {
    ("sgd_update", "rebinds"): """
def sgd_update(data, direction, lr):
    step = np.multiply(direction, lr)
    data = np.subtract(data, step)
    return data
""",
    ("sgd_update", "goes_uphill"): """
def sgd_update(data, direction, lr):
    np.add(data, direction * lr, out=data)
""",
    ("sgd_update", "forgets_lr"): """
def sgd_update(data, direction, lr):
    data[...] = data - direction
""",
    ("sgd_update", "scales_the_direction"): """
def sgd_update(data, direction, lr):
    np.multiply(direction, lr, out=direction)
    np.subtract(data, direction, out=data)
""",
    ("sgd_update", "slices"): """
def sgd_update(data, direction, lr):
    for i in range(len(data)):
        data[i] = data[i] - lr * direction[i]
""",
    ("optimizer_step", "first_group_only"): """
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                self.update(p, self.state[p], group)
        return
""",
    ("optimizer_step", "updates_all"): """
def step(self):
    pairs = [(p, group) for group in self.param_groups for p in group["params"]]
    for p, group in pairs:
        self.update(p, self.state[p], group)
""",
    ("optimizer_step", "asks_a_tensor"): """
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if not p.grad:
                continue
            self.update(p, self.state[p], group)
""",
    ("optimizer_step", "skips_zeros"): """
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is None or abs(p.grad.data).max() == 0:
                continue
            self.update(p, self.state[p], group)
""",
    ("optimizer_step", "forgets_the_state"): """
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                state = dict(self.state[p])
                self.update(p, state, group)
""",
    ("optimizer_step", "passes_the_defaults"): """
def step(self):
    for group in self.param_groups:
        options = {key: value for key, value in group.items() if key != "params"}
        for p in group["params"]:
            if p.grad is not None:
                self.update(p, self.state[p], options)
""",
    ("optimizer_step", "clears_gradients"): """
def step(self):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                self.update(p, self.state[p], group)
    self.zero_grad()
""",
    ("add_weight_decay", "adds_the_penalty"): """
def add_weight_decay(grad, data, weight_decay):
    if not weight_decay:
        return grad
    penalty = 0.5 * weight_decay * np.square(data)
    return np.add(grad, penalty)
""",
    ("add_weight_decay", "doubles"): """
def add_weight_decay(grad, data, weight_decay):
    return grad if weight_decay == 0 else grad + weight_decay * (data + data)
""",
    ("add_weight_decay", "subtracts"): """
def add_weight_decay(grad, data, weight_decay):
    if weight_decay:
        grad = np.subtract(grad, weight_decay * data)
    return grad
""",
    ("add_weight_decay", "works_in_place"): """
def add_weight_decay(grad, data, weight_decay):
    if weight_decay == 0:
        return grad
    return np.add(grad, data * weight_decay, out=grad)
""",
    ("add_weight_decay", "always_copies"): """
def add_weight_decay(grad, data, weight_decay):
    total = grad.copy()
    total += data * weight_decay
    return total
""",
    ("momentum_update", "rebinds"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    velocity = buffer * momentum + grad * (1 - dampening)
    if nesterov:
        return velocity * momentum + grad
    return velocity
""",
    ("momentum_update", "averages"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer += (1 - momentum) * (grad - buffer)
    if nesterov:
        return grad + momentum * buffer
    return buffer
""",
    ("momentum_update", "never_slows_down"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    np.add(buffer, grad - dampening * grad, out=buffer)
    if not nesterov:
        return buffer
    return grad + buffer * momentum
""",
    ("momentum_update", "forgets_dampening"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer[...] = momentum * buffer + grad
    return momentum * buffer + grad if nesterov else buffer
""",
    ("momentum_update", "nesterov_in_the_buffer"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer[...] = momentum * buffer + (1 - dampening) * grad
    if nesterov:
        buffer[...] = grad + momentum * buffer
    return buffer
""",
    ("momentum_update", "forgets_nesterov"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    buffer[...] = momentum * buffer + (1 - dampening) * grad
    return buffer.copy()
""",
    ("momentum_update", "adds_into_the_gradient"): """
def momentum_update(buffer, grad, momentum, dampening=0.0, nesterov=False):
    grad *= 1 - dampening
    buffer *= momentum
    buffer += grad
    return grad + momentum * buffer if nesterov else buffer
""",
    ("adam_update", "no_correction"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg += (1 - beta1) * (grad - exp_avg)
    exp_avg_sq += (1 - beta2) * (grad**2 - exp_avg_sq)
    size = exp_avg_sq**0.5 + eps
    data -= lr * (exp_avg / size)
""",
    ("adam_update", "corrects_one"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg[...] = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq[...] = beta2 * exp_avg_sq + (1 - beta2) * grad**2
    corrected = exp_avg / (1 - beta1**step)
    data[...] = data - lr * corrected / (np.sqrt(exp_avg_sq) + eps)
""",
    ("adam_update", "rebinds"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    m = exp_avg * beta1 + grad * (1 - beta1)
    v = exp_avg_sq * beta2 + grad**2 * (1 - beta2)
    size = np.sqrt(v / (1 - beta2**step)) + eps
    data -= m / size * (lr / (1 - beta1**step))
""",
    ("adam_update", "corrects_the_averages"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg[...] = (beta1 * exp_avg + (1 - beta1) * grad) / (1 - beta1**step)
    exp_avg_sq[...] = (beta2 * exp_avg_sq + (1 - beta2) * grad**2) / (1 - beta2**step)
    data[...] = data - lr * exp_avg / (np.sqrt(exp_avg_sq) + eps)
""",
    ("adam_update", "eps_in_the_root"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg[...] = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq[...] = beta2 * exp_avg_sq + (1 - beta2) * grad**2
    v_hat = exp_avg_sq / (1 - beta2**step)
    v_hat += eps
    data[...] = data - lr * exp_avg / (1 - beta1**step) / v_hat**0.5
""",
    ("adam_update", "eps_before_the_correction"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg[...] = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq[...] = beta2 * exp_avg_sq + (1 - beta2) * grad**2
    size = (np.sqrt(exp_avg_sq) + eps) / sqrt(1 - beta2**step)
    data -= lr * exp_avg / (1 - beta1**step) / size
""",
    ("adam_update", "forgets_to_square"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg[...] = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq[...] = beta2 * exp_avg_sq + (1 - beta2) * np.sqrt(grad * grad)
    m_hat, v_hat = exp_avg / (1 - beta1**step), exp_avg_sq / (1 - beta2**step)
    data[...] = data - lr * m_hat / (np.sqrt(v_hat) + eps)
""",
    ("adam_update", "swaps_the_betas"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    beta1, beta2 = beta2, beta1
    exp_avg[...] = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq[...] = beta2 * exp_avg_sq + (1 - beta2) * grad**2
    m_hat, v_hat = exp_avg / (1 - beta1**step), exp_avg_sq / (1 - beta2**step)
    data[...] = data - lr * m_hat / (np.sqrt(v_hat) + eps)
""",
    ("adam_update", "counts_from_the_second"): """
def adam_update(data, grad, exp_avg, exp_avg_sq, step, lr, beta1, beta2, eps):
    exp_avg[...] = beta1 * exp_avg + (1 - beta1) * grad
    exp_avg_sq[...] = beta2 * exp_avg_sq + (1 - beta2) * grad**2
    step = 1
    size = np.sqrt(exp_avg_sq / (1 - beta2**step)) + eps
    data -= lr * exp_avg / ((1 - beta1**step) * size)
""",
    ("adamw_decay", "couples"): """
def decay(self, data, grad, lr, weight_decay):
    total = add_weight_decay(grad, data, weight_decay)
    data -= lr * weight_decay * data
    return total
""",
    ("adamw_decay", "still_l2"): """
def decay(self, data, grad, lr, weight_decay):
    return super().decay(data, grad, lr, weight_decay)
""",
    ("adamw_decay", "forgets_lr"): """
def decay(self, data, grad, lr, weight_decay):
    data -= weight_decay * data
    return grad
""",
    ("adamw_decay", "keeps_the_part"): """
def decay(self, data, grad, lr, weight_decay):
    np.multiply(data, weight_decay * lr, out=data)
    return grad
""",
    ("adamw_decay", "returns_nothing"): """
def decay(self, data, grad, lr, weight_decay):
    factor = 1 - weight_decay * lr
    np.multiply(data, factor, out=data)
    grad
""",
    ("clip_grad_norm", "clips_each_alone"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    norms = []
    for grad in gradients(parameters):
        norms.append(vector_norm(grad, norm_type))
        grad *= min(1.0, max_norm / (norms[-1] + 1e-6))
    return Tensor(float(sum(norms)))
""",
    ("clip_grad_norm", "returns_the_norm_after"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / (norm + 1e-6)
    return Tensor(vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type))
""",
    ("clip_grad_norm", "always_scales"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norms = np.array([vector_norm(grad, norm_type) for grad in grads])
    norm = vector_norm(norms, norm_type)
    for grad in grads:
        np.multiply(grad, max_norm / (norm + 1e-6), out=grad)
    return Tensor(norm)
""",
    ("clip_grad_norm", "makes_new_arrays"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    if norm > max_norm:
        grads = [grad * (max_norm / (norm + 1e-6)) for grad in grads]
    return Tensor(norm)
""",
    ("clip_grad_norm", "divides_by_zero"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    factor = min(max_norm / norm, 1.0)
    for grad in grads:
        grad *= factor
    return Tensor(norm)
""",
    ("clip_grad_norm", "knows_one_norm"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad) for grad in grads]))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / (norm + 1e-6)
    return Tensor(norm)
""",
    ("clip_grad_norm", "looks_too_late"): """
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    grads = gradients(parameters)
    norm = vector_norm(np.array([vector_norm(grad, norm_type) for grad in grads]), norm_type)
    factor = np.minimum(1.0, max_norm / (norm + 1e-6))
    for grad in grads:
        grad *= factor
    if error_if_nonfinite and (math.isnan(norm) or math.isinf(norm)):
        raise RuntimeError(f"the norm is {norm}")
    return Tensor(norm)
""",
    ("cosine_lr_at", "straight_line"): """
def lr_at(self, base_lr, t):
    done = t / self.T_max
    return base_lr * (1 - done) + self.eta_min * done
""",
    ("cosine_lr_at", "forgets_pi"): """
def lr_at(self, base_lr, t):
    wave = 0.5 + 0.5 * cos(t / self.T_max)
    return wave * base_lr + (1 - wave) * self.eta_min
""",
    ("cosine_lr_at", "whole_wave"): """
def lr_at(self, base_lr, t):
    turn = 2 * pi
    wave = 0.5 * (1 + cos(turn * (t / self.T_max)))
    return (base_lr - self.eta_min) * wave + self.eta_min
""",
    ("cosine_lr_at", "forgets_the_floor"): """
def lr_at(self, base_lr, t):
    wave = (1 + cos(pi * t / self.T_max)) / 2
    return self.eta_min + base_lr * wave
""",
    ("cosine_lr_at", "returns_the_factor"): """
def lr_at(self, base_lr, t):
    wave = cos(pi * (t / self.T_max))
    return wave / 2 + 0.5
""",
}
