package sam_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var substituted = regexp.MustCompile(`\$\{([A-Za-z0-9:]+)`)

// targets lists what a node of the template refers to: logical ids, parameters and pseudo parameters.
func targets(n *yaml.Node) (ids []string) {
	switch n.Tag {
	case "!Ref", "!GetAtt":
		id, _, _ := strings.Cut(n.Value, ".")
		ids = append(ids, id)
	case "!Sub":
		for _, m := range substituted.FindAllStringSubmatch(n.Value, -1) {
			ids = append(ids, m[1])
		}
	}
	for _, child := range n.Content {
		ids = append(ids, targets(child)...)
	}
	return ids
}

// Resources that outlive the stack refer only to other such resources. So a template of these resources alone can import them again
// (infra/README.md, "A first deployment that failed").
func TestPromise_G06_WhatIsKeptCanBeTakenInAgain(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Resources map[string]yaml.Node `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for id, r := range load(t).Resources {
		if strings.HasPrefix(r.DeletionPolicy, "Retain") {
			kept = append(kept, id)
		}
	}
	if len(kept) != 13 {
		t.Errorf("%d resources outlive the stack: six tables, two buckets, a key, four secrets", len(kept))
	}
	for _, id := range kept {
		node := document.Resources[id]
		for _, target := range targets(&node) {
			if !slices.Contains(kept, target) && target != "Origin" && !strings.HasPrefix(target, "AWS::") {
				t.Errorf("%s needs %s, which goes with the stack", id, target)
			}
		}
	}
}
