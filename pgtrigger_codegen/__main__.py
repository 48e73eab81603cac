"""`python -m pgtrigger_codegen`."""

from pgtrigger_codegen.cli.entry import run

if __name__ == "__main__":
    run()
