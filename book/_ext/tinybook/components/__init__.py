"""What a page is made of: one component, one file, one `setup_…`."""
