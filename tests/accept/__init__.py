"""The acceptance run: every proof of the tests in full, with the time and the memory it may take."""
