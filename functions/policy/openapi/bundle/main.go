// Command bundle turns the contract's YAML files into one JSON document, and writes the list of its routes as Go source. go
// generate in the folder above runs it.
package main

import (
	"fmt"
	"os"
)

func main() {
	document, routes, err := bundle("..")
	if err == nil {
		err = os.WriteFile("openapi.json", document, 0o644) //nolint:gosec // public text
	}
	if err == nil {
		err = os.WriteFile("routes_gen.go", routes, 0o644) //nolint:gosec // public text
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}
