"""Imports: statements, and what names of modules stand for.

- An import is followed when its name is first needed, so that little is read.
- A library's module gives what rows list; a module of the project is executed once.
- A name that a module binds further down is found only by another module, never by itself.
"""
