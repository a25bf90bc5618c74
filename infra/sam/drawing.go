package sam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Drawing draws what calls what, as a Mermaid flowchart: triggers, functions, and the tables and buckets that each function's
// role reaches. A test compares it with the drawing in infra/README.md.
func (t *Template) Drawing() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n    web([HTTP API])\n    clock([Schedules])\n")
	for _, f := range t.Functions {
		fmt.Fprintf(&b, "    %s[%s]\n", f.Name, f.Name)
	}
	for _, table := range t.Tables {
		fmt.Fprintf(&b, "    %s[(%s)]\n", table.LogicalID, strings.TrimSuffix(table.LogicalID, "Table"))
	}
	for _, bucket := range t.Buckets {
		fmt.Fprintf(&b, "    %s[(%s)]\n", bucket.LogicalID, map[string]string{"ExportBucket": "Exports", "InboundBucket": "Mails"}[bucket.LogicalID])
	}
	b.WriteString("    mail([SES])\n")
	for _, f := range t.Functions {
		if len(f.Routes) > 0 {
			fmt.Fprintf(&b, "    web --> %s\n", f.Name)
		}
		for _, s := range f.Schedules {
			fmt.Fprintf(&b, "    clock -. \"%s\" .-> %s\n", s.Expression, f.Name)
		}
		for _, s := range f.Streams {
			fmt.Fprintf(&b, "    %s == stream ==> %s\n", s.Table, f.Name)
		}
		for _, q := range f.Sources {
			fmt.Fprintf(&b, "    mail == %s ==> %s\n", q.Queue, f.Name)
		}
		for _, target := range t.reached(f) {
			fmt.Fprintf(&b, "    %s --> %s\n", f.Name, target)
		}
	}
	return b.String()
}

// reached lists the tables, buckets and services that a function's role lets it call, except streams and keys.
func (t *Template) reached(f Function) []string {
	found := map[string]bool{}
	for _, grant := range t.grants(f) {
		service, _, _ := strings.Cut(grant.Action, ":")
		name, rest, _ := strings.Cut(grant.Resource, "/")
		switch {
		case rest == "stream":
		case service == "ses": // the resource of some of its calls is "*"
			found["mail"] = true
		case service == "dynamodb", service == "s3":
			found[strings.TrimSuffix(name, ".Arn")] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
