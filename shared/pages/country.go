package pages

// countries names the countries in which a system is likely to be: the EEA, the United Kingdom, the countries whose protection the
// European Commission has found adequate, and a few more.
var countries = map[string]string{
	"AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark",
	"EE": "Estonia", "ES": "Spain", "FI": "Finland", "FR": "France", "GR": "Greece", "HR": "Croatia", "HU": "Hungary",
	"IE": "Ireland", "IS": "Iceland", "IT": "Italy", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg",
	"LV": "Latvia", "MT": "Malta", "NL": "Netherlands", "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania",
	"SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia", "GB": "United Kingdom",
	"AD": "Andorra", "AR": "Argentina", "CA": "Canada", "CH": "Switzerland", "FO": "Faroe Islands", "GG": "Guernsey",
	"IL": "Israel", "IM": "Isle of Man", "JE": "Jersey", "JP": "Japan", "KR": "South Korea", "NZ": "New Zealand",
	"US": "United States", "UY": "Uruguay", "IN": "India", "PH": "Philippines", "AU": "Australia", "SG": "Singapore",
}

// country returns the name of a country by its ISO 3166-1 alpha-2 code, or the code itself if the country is not listed.
func country(code string) string {
	if name, ok := countries[code]; ok {
		return name
	}
	return code
}
