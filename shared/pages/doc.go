// Package pages holds the pages of the privacy centre, with their styles and scripts.
//
// Everything a page states comes from the policy (promise A01); everything it does, it does through the public contract.
// The scripts stand in src and are bundled into dist by npm run build; the bundle is embedded.
package pages
