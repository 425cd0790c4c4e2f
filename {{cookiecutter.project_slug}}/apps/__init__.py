"""The apps of the project; each keeps one part of the domain."""
