"""One rule a file; `lint.registry` lists them. Rules do not know of each other."""
