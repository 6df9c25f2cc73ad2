resource "
