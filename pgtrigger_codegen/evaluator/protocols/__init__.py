"""Protocols: the interfaces that the rules of evaluation use for machine, project and libraries.

- `Machine` is what every rule is given first. What one rule needs of another is a method there.
- `Domain` is all that Python's rules ask of the libraries around them, tables first: what happens
  and could declare something is told by `events`, to whom a table says that it concerns.
- `Observer` is told what a result leans on besides values.
- `Host` is the project: settings, labels, the environment, files. Later stages answer.
- `NotImplemented` from a domain means: for this one, the rules of Python hold.
"""
