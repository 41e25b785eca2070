from pages.ui.frame import frame
frame("Prices")
