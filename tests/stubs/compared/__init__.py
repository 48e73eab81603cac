"""The app of the models that are compared: a field can make another model in it."""
