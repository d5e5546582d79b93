# Every target is one line; what it does stands in scripts/. `make` alone lists them.
PYTHON ?= python3
IN_VENV = @$(PYTHON) scripts/venv.py
.DEFAULT_GOAL := help
.PHONY: help run test check bench doctor fmt clean

help: ## รายการคำสั่ง · this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/' | expand -t 16

run: ## เปิดระบบพร้อมเนื้อหาตัวอย่าง · the whole site with demo content, on this machine
	$(IN_VENV) -- python -m scripts.run

test: ## ทดสอบทั้งหมด (ARGS= ส่งต่อให้ pytest) · all tests (ARGS= goes to pytest)
	$(IN_VENV) --dev -- python -m scripts.test $(ARGS)

check: ## ตรวจรูปแบบ ชั้นของห้อง ค่าตั้ง และคำแปล · style, layers, settings, migrations, translations
	$(IN_VENV) --dev -- python -m scripts.check

bench: ## วัดความเร็ว เขียน var/bench.json · measure, write var/bench.json
	$(IN_VENV) --dev -- python -m tests.bench.run $(ARGS)

doctor: ## เครื่องนี้ขาดอะไร แก้อย่างไร · what this machine lacks, and how to mend it
	@$(PYTHON) scripts/doctor.py

fmt: ## จัดรูปแบบโค้ด · format the code
	$(IN_VENV) --dev -- sh -c 'ruff format . && ruff check --fix .'

clean: ## ลบสิ่งที่สร้างขึ้นใหม่ได้ (ฐานข้อมูลสาธิตและไฟล์ที่อัปโหลดยังอยู่) · delete what can be made again
	@rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis var/static var/tests var/index var/run.json
