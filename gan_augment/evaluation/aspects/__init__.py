"""What a report looks at, one aspect a module."""
