"""Stage verification: the source's triggers, proven on a server that holds nothing else.

The tables are made from the models, the triggers from the declarations; the server says what it
makes of them. Whatever SQL of a repository does there, it does in a database and as a role of
its own (`room`), and a second process clears both away when this one cannot (`guard`).
"""
