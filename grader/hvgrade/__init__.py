"""hvgrade: grades the labs of hvlab. `python -m hvgrade grade --lab h1`."""
