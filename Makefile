# Two commands do everything: `make demo` and `make test`. See README.md.
PYTHON ?= python3
VENV ?= .venv
SCENE ?= tabletop
OUT ?= demo
EXTRAS ?= test,lint,decompose,denoise,exr,signals,learn,refine,hub
BIN := $(VENV)/bin

.PHONY: demo test lint system clean

demo: $(VENV)/.installed
	$(BIN)/simengine generate $(SCENE) --count 12 --workers 2 --out $(OUT)
	$(BIN)/simengine preview $(SCENE) --out $(OUT)/contact_sheet.png
	@echo
	@echo "Data set:       $(OUT)/dataset.json   (COCO: $(OUT)/coco/annotations.json)"
	@echo "Contact sheet:  $(OUT)/contact_sheet.png"

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

system:
	@PYTHON="$(PYTHON)" sh tools/check_system.sh

$(VENV)/.installed: pyproject.toml tools/constraints.txt | system
	sh tools/install.sh "$(PYTHON)" "$(VENV)" .
	@touch $@

$(VENV)/.installed-test: pyproject.toml tools/constraints.txt | system
	@PYTHON="$(PYTHON)" sh tools/check_system.sh test
	sh tools/install.sh "$(PYTHON)" "$(VENV)" ".[$(EXTRAS)]"
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) $(OUT) build dist
