"""What the drill runs inside of a generated project, as its package ``tests.chaos``."""
