# Prints one median: of the cell "wanted", the subject "who", the metric "what".
END { print median_of(wanted, who, what) }
