"""Tables: one for each library, with its modules, classes and options as rows."""
