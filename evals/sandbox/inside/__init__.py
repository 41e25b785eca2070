"""What runs within the walls. Standard library only: nothing else can be seen from there.

These files are read by a bare interpreter, as the package ``inside``, hence the relative imports.
"""
