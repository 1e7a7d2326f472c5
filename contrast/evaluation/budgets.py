"""What the bound on pairs costs: gold contrasts among the pairs judged, average precision and pairs an article, at several bounds.

python -m contrast.evaluation.budgets ARTICLES_DIR
"""

import sys
from dataclasses import astuple
from pathlib import Path

from contrast.evaluation.articles import positions, strongest
from contrast.evaluation.metrics import average_precision
from contrast.pairing import PairBudget
from contrast.pipeline import Checker
from contrast.training.articles_data import AnnotatedArticle, annotated_paths, read_article

UNBOUND = 10**6
BUDGETS = (
    PairBudget(),
    PairBudget(per_statement=12, per_article=150, per_sentence=3, min_promise=-UNBOUND),
    PairBudget(per_article=200, per_sentence=4),
    PairBudget(min_promise=-3.5),
    PairBudget(per_statement=UNBOUND, per_article=UNBOUND, min_promise=-UNBOUND),
)


def main(folder: Path) -> None:
    """Prints a line for each bound."""
    checker = Checker()
    articles = [(read_article(path), path.with_suffix(".txt")) for path in annotated_paths(folder)]
    print(f"{'a statement':>12} {'an article':>12} {'a sentence':>12} {'promise':>12} {'recall':>8} {'ap':>8} {'pairs':>8}")
    for budget in BUDGETS:
        found = [figures(checker, gold, path, budget) for gold, path in articles]
        n_gold = sum(len(gold.contradicts) for gold, _ in articles)
        recall = sum(n_judged for n_judged, _, _ in found) / n_gold
        ap = [value for _, value, _ in found if value is not None]
        bounds = " ".join(f"{value:>12}" for value in astuple(budget))
        print(f"{bounds} {recall:>8.3f} {sum(ap) / len(ap):>8.4f} {sum(n for _, _, n in found) / len(found):>8.1f}")


def figures(checker: Checker, gold: AnnotatedArticle, path: Path, budget: PairBudget) -> tuple[int, float | None, int]:
    """Gold contrasts judged, average precision (None without gold contrasts), pairs judged, of one article."""
    report = checker.check(path, budget=budget)
    best = strongest(report, positions(gold, report))
    scored = [(p, key in gold.contradicts) for key, p in best.items() if key not in gold.ignored]
    ap = average_precision(scored, len(gold.contradicts)) if gold.contradicts else None
    return len(gold.contradicts & set(best)), ap, len(report.pairs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
