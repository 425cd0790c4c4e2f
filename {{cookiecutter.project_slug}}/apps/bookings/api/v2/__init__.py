"""Version 2: listings with a price that is one thing. Everything else is still version 1's."""
