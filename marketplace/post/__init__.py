"""The post room: letters are written in their reader's language and handed to the mail server."""
