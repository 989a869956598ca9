"""The command line's commands. Each parses, calls one method and prints; heavy parts load inside."""
