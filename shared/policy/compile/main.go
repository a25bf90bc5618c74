// Command compile turns the authored policy into the files that the functions link and serve:
//
//	versions/<version>.yaml     authored and reviewed
//	published/<version>.json    the exact bytes served for a version (promise A02)
//	published/SHA256SUMS        the digest of each, so that a change to a published version is noticed
//	policy_gen.go               the versions that may be in force as static literals
//
// go generate in shared/policy runs it. It prints what the newest version changes, for its reviewer. It stops at the first version that breaks the schema or the law. It only ever writes the
// newest version. It checks the published bytes of older versions and never changes them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // so that the times do not depend on the machine
)

func main() {
	versions, err := read(os.DirFS("."))
	if err != nil {
		fail(err)
	}
	files, err := versions.files()
	if err != nil {
		fail(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.FromSlash(f.name), f.data, 0o644); err != nil { //nolint:gosec // public text
			fail(err)
		}
	}
	fmt.Print(versions.changes())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "policy:", err)
	os.Exit(1)
}
