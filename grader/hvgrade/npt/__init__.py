"""What the unit tests of lab h2's table know: a model, the calls, the inputs."""
