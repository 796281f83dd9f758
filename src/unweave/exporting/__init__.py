"""Trained models for other programs: ONNX graphs, torch programs, a page that needs no server.

Each export is checked against the model before it is written: the same samples and codes go
through both, and they agree to 1e-5, or on a page to half a grey level. The encoder, the decoder
and the editor are modules of `modules`; a page runs the decoder's `graph` in the browser.
Others use `export.export_model`.
"""
