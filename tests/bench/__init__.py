"""Measurements with a bound, run by hand (`make bench`): a timing is no test."""
