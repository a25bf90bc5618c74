// Package gather makes the bundle that answers a request for access or portability (GDPR Art. 15, 20; promises H01, H05): it gathers what is
// stored about a person, and seals it into an object that only the person can open. Package bundle has the bundle's layout.
//
// It is separate from package export so that functions which open an export or serve its download do not link the code that makes bundles.
// That code would double what they allocate when they start.
package gather
