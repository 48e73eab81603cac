"""PostgreSQL triggers of Django models as plain migrations, from source alone.

The flow, one way:

    source → evaluator → project → models → triggers → sql → migrations → (lint | database) → cli

- `source` turns files into modules, `evaluator` expressions into values, running no user code;
- `project` finds settings and apps, `models` renders the models, `triggers` compiles what they
  declare;
- `sql` renders and reads SQL, `migrations` compares with what the migration files install;
- `lint` turns facts into diagnostics, `cli` is the shell around it all.
"""

__version__ = "0.1.0"
