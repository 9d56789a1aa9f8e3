"""The workshop: what turns a chapter's text into exercises, and a learner's answers into a package.

The framework never imports it. The same code runs in a terminal, in pytest, in a notebook and in the
browser's worker, so that all of them give the same Report for the same answer.
"""
