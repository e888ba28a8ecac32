"""``python -m smartcombo`` is the command line."""

from smartcombo.cli.main import run

if __name__ == "__main__":
    run()
