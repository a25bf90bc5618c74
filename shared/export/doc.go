// Package export answers a request for access or portability with a bundle (GDPR Art. 15, 20; promises H01, H05): it gathers what is
// stored about a person, and seals it into an object that only the person can open. Package bundle has the bundle's layout.
package export
