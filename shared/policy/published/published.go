// Package published contains the exact bytes of every version of the policy ever published (promise A02).
//
// It is separate from package policy so that a function that only needs the policy's rules does not link the texts.
package published

import "embed"

//go:embed *.json
var files embed.FS

// Text returns the JSON text of a version, byte for byte as it was published. It returns false for an unknown version.
func Text(version string) ([]byte, bool) {
	text, err := files.ReadFile(version + ".json")
	return text, err == nil
}
