"""Many runs together: a grid of models, settings and seeds, trained, scored and compared.

`study.study` does all that a study file asks for, on this machine or on a Ray cluster, and returns
a `results.Study`: every score of every run, with means, intervals and differences over seeds.
`plan.read_plan` and `results.collect` read a study's folder without training anything.
`choose.choose_settings` makes a study of a model's settings, and chooses among them without labels.
"""
