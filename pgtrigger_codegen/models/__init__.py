"""Models: class statements become models, as Django would make them.

- Modules are read in Django's order of import; receivers and `ready()` run when Django runs them.
- What is asked of all models at once is answered from facts (`facts`), without building any.
- A model is rendered through a `ModelState`, in a registry of its own, when a trigger needs it.
- A field that is not known has a stand-in, which refuses where its column would matter.
- `host` answers the evaluator: settings, labels, options, rendered models.
- What is not known is a doubt of its model, or a gap in what was read; it is never dropped.
"""
