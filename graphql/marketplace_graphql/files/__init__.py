"""Files that staff, apps and sellers upload."""
