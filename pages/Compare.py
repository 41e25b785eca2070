from pages.ui.frame import frame
frame("Compare")
