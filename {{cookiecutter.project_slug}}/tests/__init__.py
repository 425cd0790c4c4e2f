"""Tests of the whole house: what no single app can promise alone."""
