package main

import (
	"slices"
	"strings"
)

// edited is the text of a version's YAML as lines. It changes whole values of the top level and leaves everything else as its author wrote it,
// comments included.
type edited struct{ lines []string }

func edit(text string) *edited { return &edited{strings.Split(text, "\n")} }

func (e *edited) text() string { return strings.Join(e.lines, "\n") }

// find returns the lines of a key of the top level with its value: from the first up to, and not including, the last index. Comments and empty
// lines that follow the value belong to what comes next.
func (e *edited) find(key string) (from, to int, ok bool) {
	from = slices.IndexFunc(e.lines, func(line string) bool { return strings.HasPrefix(line, key+":") })
	if from < 0 {
		return 0, 0, false
	}
	to = from + 1
	for i := from + 1; i < len(e.lines); i++ {
		switch line := e.lines[i]; {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "-"):
			to = i + 1
		default:
			return from, to, true
		}
	}
	return from, to, true
}

// set replaces a key and its value by lines, or adds them after the key after.
func (e *edited) set(key, after string, lines ...string) {
	from, to, ok := e.find(key)
	if !ok {
		_, from, _ = e.find(after)
		to = from
	}
	e.lines = slices.Replace(e.lines, from, to, lines...)
}

// replace looks in the value of a key for the texts. It replaces the first one that is there by the one that follows it in the list, or the last
// by the first, and returns both. It returns false if none is there.
func (e *edited) replace(key string, texts ...string) (old, now string, ok bool) {
	from, to, _ := e.find(key)
	for i, old := range texts {
		now := texts[(i+1)%len(texts)]
		for n, line := range e.lines[from:to] {
			if strings.Contains(line, old) {
				e.lines[from+n] = strings.Replace(line, old, now, 1)
				return old, now, true
			}
		}
	}
	return "", "", false
}
