"""The same project through this package and through a real Django process."""
