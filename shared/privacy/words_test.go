package privacy

import "testing"

// Every right has words of its own, and a request to know has those of its scope.
func TestEveryRightHasItsOwnWords(t *testing.T) {
	seen := map[string]Right{}
	for r, w := range words {
		for _, said := range []string{w.Wish, w.Name} {
			if other, twice := seen[said]; said == "" || twice {
				t.Errorf("%s and %s: %q", r, other, said)
			}
			seen[said] = r
		}
		if got, ok := r.WordsOf(ByCategory); !ok || (got == w) != (r != Know) {
			t.Errorf("%s by category: %+v", r, got)
		}
		if got, ok := r.WordsOf(""); !ok || got != w {
			t.Errorf("%s: %+v", r, got)
		}
	}
	if w, ok := Right("zeppelin").WordsOf(Specific); ok || w != (Words{}) {
		t.Errorf("a right that nobody can ask for: %+v", w)
	}
}
