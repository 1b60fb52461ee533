-- One version of a profile is looked up as often as there are versions: no version of the profile is to be read for another.
DROP INDEX os_profile_name;
CREATE INDEX os_profile_name ON os (project, profile_name, image_id);
