// Command compile turns the authored policy into what the functions link and serve:
//
//	versions/<version>.yaml     authored and reviewed
//	published/<version>.json    the exact bytes served for a version (promise A02)
//	published/SHA256SUMS        the digest of each, so that a change to a published version is seen
//	policy_gen.go               the version in force as one static literal
//
// It runs by go generate in shared/policy and stops at the first version that breaks the schema or the law.
// Only the newest version is ever written; the published bytes of an older one are checked and never touched.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	files, err := compile(os.DirFS("."))
	if err != nil {
		fmt.Fprintln(os.Stderr, "policy:", err)
		os.Exit(1)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.FromSlash(f.name), f.data, 0o644); err != nil { //nolint:gosec // public text
			fmt.Fprintln(os.Stderr, "policy:", err)
			os.Exit(1)
		}
	}
}
