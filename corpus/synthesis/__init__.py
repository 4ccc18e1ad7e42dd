"""Synthetic images with a known truth: text lines and whole drawings, by recipes, with real fonts.

snapshot = synthesise(load_recipe("pid-tags"), count=1000, seed=7, out=UPath("tags"))
"""

from corpus.synthesis.contact import contact_sheet
from corpus.synthesis.recipe import Recipe, load_recipe, recipe_names
from corpus.synthesis.synthesise import CONTACT_SHEET, synthesise

__all__ = ["CONTACT_SHEET", "Recipe", "contact_sheet", "load_recipe", "recipe_names", "synthesise"]
