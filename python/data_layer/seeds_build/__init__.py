"""Scripts that write the files in `seeds/`. They are run by hand when a source publishes a new release."""
