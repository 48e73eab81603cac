"""LibCST's tree of a file as a tree of `ast`.

A pre-commit hook often runs under an older Python than the project. LibCST parses the grammar of
every Python, whatever runs it; what it has read becomes the tree that a newer Python would make,
node by node and with the same places, so that the evaluator need not know where a tree is from.
"""
