"""How translators write what things say in other languages."""
