"""A traced run: read, put together, and shown. trace.py is the command."""
