"""The `marketplace vendors` commands.

Modules that a command needs are imported in it, as in `cli.py`.
"""
# ruff: noqa: PLC0415

import asyncio

import typer

vendor_commands = typer.Typer(no_args_is_help=True, help="Sellers.")
vendor_commands.callback()(lambda: None)  # Its only command has a name all the same.


@vendor_commands.command("rotate-keys")
def rotate_keys() -> None:
    """Put every account number under the first of MARKETPLACE_BANK_KEYS.

    Write the new key in front of the old ones, restart everything, run this, then take the old ones out. It
    may be interrupted, and run again.
    """
    from marketplace import cli
    from marketplace.kit.database import Database
    from marketplace.payouts.key_rotation import rotate_keys as rotated

    async def run() -> dict[str, int]:
        settings = cli._with_database()  # noqa: SLF001 - a part of the same command
        database = Database(settings)
        try:
            return await rotated(database, settings)
        finally:
            await database.close()

    for name, count in asyncio.run(run()).items():
        print(f"{name}: {count}")
