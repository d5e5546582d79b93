import time, json
import pytest
from django.core.management import call_command
from kb.demo.load import load_knowledge
pytestmark = pytest.mark.django_db
def test_t(index_dir):
    t=time.time(); load_knowledge({}, lambda s: None); print("load", time.time()-t)
    t=time.time(); call_command("rebuild_index", verbosity=0); print("index", time.time()-t)
    from search.query import search
    t=time.time(); search("ภาษี"); print("first", time.time()-t)
    t=time.time()
    for l in list(open("tests/search/questions/b.jsonl"))[:100]: search(json.loads(l)["text"])
    print("100", time.time()-t)
